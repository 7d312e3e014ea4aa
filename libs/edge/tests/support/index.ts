export { startDynamo, startKinesis, type KinesisRecord, type TestDynamo, type TestKinesis } from './aws.js';
export { startCache, type TestCache } from './cache.js';
export { answerOf, frameOf, httpApiEvent, refusalOf, restEvent, socketEvent, type HttpCall } from './events.js';
export { createIssuer, startJwksServer, type JwksServer, type TestIssuer } from './issuer.js';
export { startS3, type TestS3 } from './s3.js';
