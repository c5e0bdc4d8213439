export { PhoneWebServer, type PhoneWebServerOptions } from './phone-web-server.ts';
export { oldTls, type OldTls } from './old-tls.ts';
export { defaultWebLimits, type WebLimits } from './web-limits.ts';
export type { UploadSpace } from './upload-spaces.ts';
