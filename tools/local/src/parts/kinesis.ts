import { runKinesis } from '../kinesis/index.js';

const { PORT: port = '0', DATA_DIR: data = '' } = process.env;

void runKinesis(['--port', port, '--data', data], process.env);
