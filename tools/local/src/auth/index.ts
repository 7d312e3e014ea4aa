export { startAuthServer, type AuthServer, type AuthServerOptions } from './server.js';
export { PREDEFINED_USERS } from './users.js';
