import type { BenchmarkName } from './options.ts';

/** What a benchmark is about, for people who use localpaas. */
export interface Explanation {
  readonly heading: string;
  /** What is done. */
  readonly what: string;
  /** What its ratios say. */
  readonly meaning: string;
}

export const explanations: Readonly<Record<BenchmarkName, Explanation>> = {
  up: {
    heading: 'Starting the platform',
    what: 'From the start of `localpaas up` until it says that it is ready, and until its router answers; beside a nats-server of its own and `node app.js`, each started alone.',
    meaning:
      'Who wants a message bus and a Node server needs the time of both. The ratio says how many times that a whole platform takes, with API, stager, DEA, router and health manager.',
  },
  push: {
    heading: 'Pushing an app',
    what: 'From the start of the command `localpaas push` to the first 200 through the router: a new app, then the same app with one file changed while it is asked every other millisecond.',
    meaning:
      'The ratio says how many times as long a push takes as the app alone takes to start. A failed request is one that a visitor would have noticed; there is to be none.',
  },
  watch: {
    heading: 'Saving a file',
    what: 'Each watcher runs over a copy of the same small app, which is asked every other millisecond on kept connections. One file is saved with another version, and the time runs until that version answers; with localpaas through its router, with the others directly.',
    meaning:
      'Beside `node app.js`: 1 × would be as if somebody had sat there and started the app in the moment of the save. Beside nodemon and the others: below 1 × localpaas is quicker. The others stop the old version first, so requests fail meanwhile; localpaas starts the new one beside it.',
  },
  'watch-many-files': {
    heading: 'Saving a file of a large app',
    what: 'The same with 2,000 source files, 29 MB, beside the one that is saved. In addition the whole app is pushed anew from the command line.',
    meaning: 'What a watch takes here and does not take with the small app is the price of the number of files.',
  },
  rollback: {
    heading: 'Going back to an earlier version',
    what: 'From the start of `localpaas rollback` until the earlier version answers; and the same by the API alone.',
    meaning:
      'The ratio to `node app.js` says how long one has to look at a broken version, measured by what the app itself needs to start. The ratio of the command to the API is what the command line costs.',
  },
  stage: {
    heading: 'Making a droplet',
    what: 'From the request for a droplet of a package that is there already until it is there: download, unpacking, detection, packing, upload. Beside `tar -cz` of the same files.',
    meaning:
      'A droplet is a packed archive, so packing is the least that staging can take. The growth is the memory that the platform took for the first staging after its start, at most.',
  },
  sandbox: {
    heading: 'What the sandbox of a staging costs',
    what: '`localpaas builder` over 2,000 files with a buildpack that does nothing, with its sandbox and without; beside `tar -cz` and the start of Node.',
    meaning: 'The ratio of the two is the price of a buildpack that can write nowhere but where it may.',
  },
  recovery: {
    heading: 'After a crash',
    what: 'The only instance of an app is killed with `kill -9`; the time runs until the router answers with 200 again.',
    meaning:
      'The app has to start once more: 1 × is what no platform can go below. Requests wait in the router meanwhile.',
  },
  memory: {
    heading: 'Memory of an idle platform',
    what: 'What localpaas and its nats-server hold five seconds after the start, with no app, beside a running `node app.js`.',
    meaning:
      'Resident memory is what the system shows, and counts what can be read again from a file. Private memory is what the process wrote itself, which nobody else can have.',
  },
  'command-line': {
    heading: 'A command',
    what: 'From the start of a command to its end: `localpaas --version`, and `localpaas apps`, which asks the API.',
    meaning: 'The ratio says how much each use of the command line costs beside a Node that does nothing.',
  },
  router: {
    heading: 'Requests through the router',
    what: 'Processor time of one request with an answer of 1 KB, on 32 and on 256 kept connections, beside a bare `node:http` server, which answers itself, and other proxies. Each has a processor of its own.',
    meaning:
      'Requests per second depend on the machine and on who else is on it; processor time per request hardly does. A ratio of 2 to another proxy means half as many requests from the same processor.',
  },
  routes: {
    heading: 'A large route table',
    what: 'Processor time of looking up hosts, wildcards and paths in the table of the router with 100,000 hosts in it, and of filling it.',
    meaning:
      'A look-up is part of each request; it is to be small beside the request itself. The bytes are memory for one route.',
  },
  peers: {
    heading: 'The same app under other programs',
    what: 'From the command that starts the app to its first 200: through the router with localpaas and hotel, directly with the others. hotel and pm2 run already, as does the platform.',
    meaning:
      'The ratio says how many times as long it takes as `node app.js`. localpaas makes a droplet and a route on the way, which the others do not.',
  },
};
