import { main } from './cli.ts';

for (const stream of [process.stdout, process.stderr]) stream.on('error', onBrokenOutput);

process.exitCode = await main(process.argv.slice(2));

/**
 * Nobody reads what is written any more (`| head`), or it cannot be kept. What was found out so far
 * must not be taken for success: the exit code of a program that SIGPIPE ended, or 1.
 */
function onBrokenOutput(error: NodeJS.ErrnoException): void {
  const isClosed = error.code === 'EPIPE';
  if (!isClosed) console.error(`cnilab: the output cannot be written: ${error.message}`);
  process.exit(process.exitCode || (isClosed ? 141 : 1));
}
