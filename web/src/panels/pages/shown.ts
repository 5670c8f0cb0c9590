import { useRouter } from 'vue-router';

import type { Feed, FeedCell } from '@/api/types';
import { placeKey, type Figure } from '@/common/figures';
import { text } from '@/i18n';

/** What every shape of a page is drawn from. */
export interface Shown {
  feed: Feed;
  figures: Map<string, Figure>;
  /** Names of places, by `placeKey`. */
  places: Map<string, string>;
  /** The page's address with a number opened. */
  linkOf: (cell: FeedCell) => string;
  timeZone: string;
}

/** Names of a page's places: of the member alone when there is one area. */
export function namesOf(feed: Feed): Map<string, string> {
  const areas = new Set(feed.places.map((place) => place.area));
  return new Map(feed.places.map((place) => {
    const area = text(place.name) || place.area || place.thing || '';
    const member = text(place.member_name) || place.member || '';
    const parts = member && areas.size === 1 ? [member] : [area, member];
    return [placeKey(place), parts.filter(Boolean).join(' · ')];
  }));
}

export function placeOf(shown: Shown, cell: FeedCell): string {
  return shown.places.get(placeKey(cell)) ?? cell.area ?? '';
}

/**
 * Follows a link to another state of the page. A page may have thousands of numbers: links of the router would all look
 * at the address whenever it changes.
 */
export function useFollow(): (event: MouseEvent) => void {
  const router = useRouter();
  return (event) => {
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (elsewhere) return;
    event.preventDefault();
    void router.push((event.currentTarget as HTMLAnchorElement).hash.slice(1));
  };
}
