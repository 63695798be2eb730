/**
 * What `npm start`, `npm test`, `npm run build` and `npm run setup` call: gets a bare checkout ready, then does as told.
 *
 *     node scripts/bootstrap.mjs start|test|build|setup [arguments…]
 *
 * Nothing is imported before the check of the version, so that an old Node reads this file and can say what is wrong.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 11)) {
  console.error(`localpaas needs Node 20.11 or newer; this is Node ${process.versions.node}.`);
  console.error('Get a newer one from https://nodejs.org or your system, and try again.');
  process.exitCode = 4;
} else {
  const { bootstrap } = await import('./bootstrap/bootstrap.mjs');
  await bootstrap(process.argv[2], process.argv.slice(3));
}
