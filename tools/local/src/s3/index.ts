export { startS3Server, type S3Options, type S3Server } from './server.js';
