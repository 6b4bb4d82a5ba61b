/** Asks the tmux server of a socket with little patience, tells what came of it, and has nothing else to stay for. */
import { realHost } from '../../src/host/real.ts';

const [socket = ''] = process.argv.slice(2);
void realHost()
  .exec('tmux', ['-L', socket, 'source-file', '-'], { input: 'list-sessions\n', timeoutMs: 300 })
  .then((result) => process.stdout.write(JSON.stringify(result)));
