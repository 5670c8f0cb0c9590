import { computed, ref, watchEffect } from 'vue';

import { chooseLanguage, fill, type Language } from '@/common/language';
import type { CaseSummary, Label } from '@/api/types';

import { en } from './en';
import { zh, type MessageKey } from './zh';

export type { MessageKey } from './zh';
export type { Language } from '@/common/language';

const kStorageKey = 'chengshu.language';

function stored(): string | null {
  try {
    return localStorage.getItem(kStorageKey);
  } catch {
    return null; // Storage may be forbidden; the browser's language then decides each time.
  }
}

export const language = ref<Language>(chooseLanguage(stored(), navigator.languages));

export function setLanguage(next: Language): void {
  language.value = next;
  try {
    localStorage.setItem(kStorageKey, next);
  } catch {
    // The choice holds until the page is left.
  }
}

/** BCP 47 tag for Intl and `<html lang>`. */
export const locale = computed(() => (language.value === 'zh' ? 'zh-CN' : 'en-GB'));

watchEffect(() => {
  document.documentElement.lang = locale.value;
});

export function t(key: MessageKey, values?: Record<string, string | number>): string {
  return fill((language.value === 'zh' ? zh : en)[key], values);
}

/** Whether the catalogue has a key made at run time, such as `source.${code}`. */
export function has(key: string): key is MessageKey {
  return key in zh;
}

/** The text of `prefix.code` where the catalogue has it, else the code itself. */
export function codeText(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return has(key) ? t(key) : code;
}

/** A label of the data in the chosen language, falling back to the other one. */
export function text(label: Label | string | undefined): string {
  if (label === undefined || typeof label === 'string') return label ?? '';
  return language.value === 'en' ? label.en || label.zh : label.zh || label.en;
}

export function categoryName({ category }: Pick<CaseSummary, 'category'>): string {
  return category ? text(category.name) || category.code : t('case.noCategory');
}
