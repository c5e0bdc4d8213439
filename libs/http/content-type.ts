/** By extension, in lower case. Phones are content with `text/plain` for scripts and settings. */
const types: ReadonlyMap<string, string> = new Map([
  ['txt', 'text/plain'],
  ['scr', 'text/plain'],
  ['cfg', 'text/plain'],
  ['conf', 'text/plain'],
  ['ini', 'text/plain'],
  ['lng', 'text/plain'],
  ['csv', 'text/csv'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['css', 'text/css'],
  ['js', 'text/javascript'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
  ['pem', 'application/x-pem-file'],
  ['crt', 'application/x-x509-ca-cert'],
  ['cer', 'application/x-x509-ca-cert'],
  ['zip', 'application/zip'],
  ['gz', 'application/gzip'],
  ['tar', 'application/x-tar'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['gif', 'image/gif'],
  ['bmp', 'image/bmp'],
  ['svg', 'image/svg+xml'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['ttf', 'font/ttf'],
]);

/** The media type of a file by the end of its name. */
export function contentType(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return types.get(extension) ?? 'application/octet-stream';
}
