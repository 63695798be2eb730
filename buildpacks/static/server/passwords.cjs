// Names and passwords of Staticfile.auth, in the forms which the program htpasswd writes.
'use strict';

const { createHash, timingSafeEqual } = require('node:crypto');

/**
 * Lines of `name:password`, the password as {SHA}…, as $apr1$…, or as it is.
 * @param reject is called with what is wrong with a line
 */
exports.parsePasswords = (text, reject) => {
  const users = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const where = `line ${index + 1}:`;
    if (colon < 1) return reject(`${where} write \`name:password\`.`);
    const password = line.slice(colon + 1).trim();
    if (/^\$(2[aby]|5|6)\$/.test(password)) {
      return reject(`${where} this kind of password is not known here. Make one with \`htpasswd -n NAME\` or \`openssl passwd -apr1\`.`);
    }
    users[line.slice(0, colon)] = password;
  }
  return users;
};

/** Whether the header Authorization names one of the users with the right password. */
exports.isAllowed = (users, header) => {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return false;
  const given = Buffer.from(encoded, 'base64').toString();
  const colon = given.indexOf(':');
  const name = given.slice(0, colon);
  const expected = Object.hasOwn(users, name) ? users[name] : undefined;
  // Compared for unknown names too, so that the time an answer takes does not tell which names there are.
  const matches = isSame(hashedLike(expected ?? '$apr1$nobody$', given.slice(colon + 1)), expected ?? '');
  return colon > 0 && expected !== undefined && matches;
};

function hashedLike(expected, password) {
  if (expected.startsWith('{SHA}')) return `{SHA}${createHash('sha1').update(password).digest('base64')}`;
  const [, salt] = /^\$apr1\$([^$]{0,8})/.exec(expected) ?? [];
  return salt === undefined ? password : `$apr1$${salt}$${apr1(password, salt)}`;
}

function isSame(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The thousand rounds of MD5 that Apache uses; kept for the files there are, not for its strength. */
function apr1(password, salt) {
  const md5 = (...parts) => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const secret = Buffer.from(password);
  let digest = md5(secret, salt, secret);
  const parts = [secret, '$apr1$', salt];
  for (let left = secret.length; left > 0; left -= 16) parts.push(digest.subarray(0, Math.min(left, 16)));
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.of(0) : secret.subarray(0, 1));
  digest = md5(...parts);
  for (let round = 0; round < 1000; round += 1) {
    digest = md5(
      round % 2 ? secret : digest,
      round % 3 ? salt : '',
      round % 7 ? secret : '',
      round % 2 ? digest : secret,
    );
  }
  return lettersOf(digest);
}

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Three bytes at a time, taken from here and there, become four letters; the last byte becomes two. */
function lettersOf(digest) {
  let letters = '';
  const add = (value, count) => {
    for (let index = 0; index < count; index += 1) letters += alphabet[(value >> (6 * index)) & 63];
  };
  for (let index = 0; index < 5; index += 1) {
    add((digest[index] << 16) | (digest[index + 6] << 8) | digest[index === 4 ? 5 : index + 12], 4);
  }
  add(digest[11], 2);
  return letters;
}
