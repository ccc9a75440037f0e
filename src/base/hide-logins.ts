/** `http://user:secret@proxy:3128/` -> `http://proxy:3128/`: what programs say of a URL, fit for a log. */
export function hideLogins(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^/\s"'@]*@/gi, '$1');
}
