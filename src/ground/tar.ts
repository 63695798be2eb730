import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, open, readdir, readlink, rm } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Header, Parser, Pax, type ReadEntry } from 'tar';
import { type ArchiveLimits, defaultArchiveLimits, MemberTable } from './archive-members.ts';
import { ActionableError, explainDiskError, systemCodeOf } from './errors.ts';
import { type UnpackedFile, Unpacking } from './unpacking.ts';

