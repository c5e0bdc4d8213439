export { PhoneWebServer, type PhoneWebServerOptions } from './phone-web-server.ts';
export type { PhoneTls } from './phone-tls.ts';
export { defaultWebLimits, type WebLimits } from './web-limits.ts';
