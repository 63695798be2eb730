import { main } from '#cli/program.ts';

/** The executable: arguments in, exit code out. */
void main(process.argv).then((exitCode) => {
  process.exitCode = exitCode;
});
