'use strict';
const { closeSync, fsyncSync, openSync, renameSync, writeFileSync } = require('node:fs');

/** Whoever reads `path` meanwhile sees the old file or the new one; so does the machine after a power cut. */
exports.writeWhole = (path, content, mode = 0o644) => {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', mode);
  writeFileSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
};
