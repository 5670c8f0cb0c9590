import { computed, shallowRef, ref } from 'vue';

import { ApiError, api, onSignedOut } from '@/api/client';
import type { Account } from '@/api/types';

/** Who is signed in. The session itself is a cookie that scripts cannot read. */
export const account = shallowRef<Account>();
export const signedIn = computed(() => account.value !== undefined);
/** The session ended without being asked to. */
export const expired = ref(false);

onSignedOut(() => {
  if (account.value) expired.value = true;
  account.value = undefined;
  remember(false);
});

const kStorageKey = 'chengshu.signedIn';

/** Remembers that there may be a session, so that visitors without one need not ask the server. */
function remember(signed: boolean): void {
  try {
    if (signed) localStorage.setItem(kStorageKey, '1');
    else localStorage.removeItem(kStorageKey);
  } catch {
    // Without storage a reload of the page asks for signing in again.
  }
}

function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(kStorageKey) !== null;
  } catch {
    return false;
  }
}

export async function loadSession(): Promise<void> {
  if (!mayBeSignedIn()) return;
  try {
    account.value = await api.me();
  } catch (error) {
    // Not signed in is the normal case; anything else will show itself on the page that needs it.
    if (!(error instanceof ApiError)) throw error;
    account.value = undefined;
    if (error.status === 401) remember(false);
  }
}

export async function signIn(login: string, password: string): Promise<void> {
  account.value = (await api.signIn(login, password)).account;
  expired.value = false;
  remember(true);
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } catch (error) {
    // A session that is already gone is what was wanted.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  account.value = undefined;
  remember(false);
}
