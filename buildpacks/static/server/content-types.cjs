// What kind of file a name stands for. Text is said to be UTF-8.
'use strict';

const { extname } = require('node:path');

const types = {
  'application/gzip': 'gz tgz',
  'application/json; charset=utf-8': 'json map webmanifest',
  'application/manifest+json': 'webapp',
  'application/pdf': 'pdf',
  'application/wasm': 'wasm',
  'application/xml; charset=utf-8': 'xml xsl rss atom',
  'application/zip': 'zip',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'oga ogg opus',
  'audio/wav': 'wav',
  'font/otf': 'otf',
  'font/ttf': 'ttf',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/jpeg': 'jpg jpeg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/vnd.microsoft.icon': 'ico',
  'image/webp': 'webp',
  'text/css; charset=utf-8': 'css',
  'text/csv; charset=utf-8': 'csv',
  'text/html; charset=utf-8': 'html htm',
  'text/javascript; charset=utf-8': 'js mjs cjs',
  'text/markdown; charset=utf-8': 'md',
  'text/plain; charset=utf-8': 'txt text log conf ini yml yaml',
  'video/mp4': 'mp4 m4v',
  'video/ogg': 'ogv',
  'video/webm': 'webm',
};

const byEnding = new Map(
  Object.entries(types).flatMap(([type, endings]) => endings.split(' ').map((ending) => [ending, type])),
);

exports.typeOf = (file) => byEnding.get(extname(file).slice(1).toLowerCase()) ?? 'application/octet-stream';
