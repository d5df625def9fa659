/**
 * Asks the daemon. Rejects with what it says where it has no answer.
 * @param {string} path
 * @returns {Promise<any>} as the types of `inspect/pages.ts` say; the daemon has served this page, too
 */
export async function get(path) {
  const response = await fetch(`/status/api/${path}`, { cache: 'no-store' });
  if (!response.ok) {
    throw new Error((await response.text()).trim() || `the daemon answers ${response.status}`);
  }
  return response.json();
}
