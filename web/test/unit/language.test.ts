import { describe, expect, it } from 'vitest';

import { chooseLanguage, fill } from '@/common/language';
import { prependRecent } from '@/common/recent';
import { en } from '@/i18n/en';
import { zh } from '@/i18n/zh';

describe('language', () => {
  it('follows the stored choice, then the browser, then Chinese', () => {
    expect(chooseLanguage('en', ['zh-CN'])).toBe('en');
    expect(chooseLanguage('fr', ['de-DE', 'en-US'])).toBe('en');
    expect(chooseLanguage(null, ['zh-Hant-TW'])).toBe('zh');
    expect(chooseLanguage(null, ['de'])).toBe('zh');
  });

  it('has every text in both languages, with the same places for values', () => {
    expect(Object.keys(en)).toEqual(Object.keys(zh));
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
      expect(zh[key], key).not.toBe('');
      expect(places(en[key]), key).toEqual(places(zh[key]));
    }
  });

  it('leaves unknown places visible', () => {
    expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}');
  });
});

describe('recent entries', () => {
  it('keeps the newest, each once, in order', () => {
    const list = [{ seq: 3 }, { seq: 1 }];
    expect(prependRecent(list, { seq: 2 }, 3)).toEqual([{ seq: 3 }, { seq: 2 }, { seq: 1 }]);
    expect(prependRecent(list, { seq: 3 }, 3)).toEqual(list);
    expect(prependRecent(list, { seq: 4 }, 2)).toEqual([{ seq: 4 }, { seq: 3 }]);
  });
});
