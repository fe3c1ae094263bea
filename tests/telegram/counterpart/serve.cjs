// Serves telegram-test-api on the port that is given, until its input ends.
// It knows no pictures and answers 500 to them, which means "try again". Telegram answers 400 to a picture
// that it cannot use, so that is what stands before it; everything else goes through as it is.
const http = require('node:http');
const TelegramServer = require('telegram-test-api');

const port = Number(process.argv[2]);
const free = http.createServer().listen(0, '127.0.0.1', async () => {
  const inner = free.address().port;
  await new Promise((closed) => free.close(closed));
  await new TelegramServer({ host: '127.0.0.1', port: inner, storeTimeout: 600 }).start();
  const front = http.createServer((request, response) => {
    if (request.url.endsWith('/sendPhoto')) {
      request.resume();
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{"ok":false,"error_code":400,"description":"Bad Request: IMAGE_PROCESS_FAILED"}');
      return;
    }
    const { method, headers, url: path } = request;
    const through = http.request({ host: '127.0.0.1', port: inner, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    through.on('error', () => response.destroy());
    request.pipe(through);
  });
  front.listen(port, '127.0.0.1', () => console.log('ready'));
});
process.stdin.on('end', () => process.exit(0)).resume();
