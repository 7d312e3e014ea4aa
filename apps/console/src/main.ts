import { Console } from './console.js';
import { showError } from './messages.js';

const page = new Console(new URL('.', location.href).href.replace(/\/$/, ''));
page.start().catch(showError);
