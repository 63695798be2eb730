import type { RawEntry } from './raw-zip.ts';

const link = 0o120777;

/** What must be refused, and the part of the message that says why. */
export const evilZips: Record<string, { entries: RawEntry[]; message: RegExp }> = {
  'a name with ..': { entries: [{ name: 'a/../../x' }], message: /'a\/\.\.\/\.\.\/x' would leave the directory/ },
  'an absolute name': { entries: [{ name: '/etc/x' }], message: /'\/etc\/x' has an absolute name/ },
  'a drive letter': { entries: [{ name: 'C:/x' }], message: /'C:\/x' has an absolute name/ },
  'a backslash': { entries: [{ name: '..\\x' }], message: /'\.\.\\x' has a backslash/ },
  'a NUL byte': { entries: [{ name: 'a\0b' }], message: /'a\?b' has a NUL byte/ },
  'no name': { entries: [{ name: './', mode: 0 }, { name: '.' }], message: /'\.' has no name/ },
  'an endless name': { entries: [{ name: 'x'.repeat(300) }], message: /has a name that is too long/ },
  'an endless path': { entries: [{ name: 'x/'.repeat(3000) }], message: /is too long on this disk/ },
  'a file twice': { entries: [{ name: 'a' }, { name: './a' }], message: /'\.\/a' is there twice/ },
  'a file in place of a directory': {
    entries: [{ name: 'a/b' }, { name: 'a' }],
    message: /'a' has the name of a directory/,
  },
  'a file below a file': {
    entries: [{ name: 'a' }, { name: 'a/b' }],
    message: /'a\/b' would be written through 'a', which is a file/,
  },
  'a file through a link': {
    entries: [{ name: 'd', mode: link, content: 'e' }, { name: 'e/' }, { name: 'd/x', content: 'through' }],
    message: /'d\/x' would be written through 'd', which is a symbolic link/,
  },
  'a link in place of a directory': {
    entries: [{ name: 'd/x' }, { name: 'd', mode: link, content: '/tmp' }],
    message: /'d' has the name of a directory/,
  },
  'an absolute link': {
    entries: [{ name: 'l', mode: link, content: '/etc/passwd' }],
    message: /'l' is a symbolic link to '\/etc\/passwd', which leads out/,
  },
  'a link upwards': {
    entries: [{ name: 'd/l', mode: link, content: '../../x' }],
    message: /'d\/l' is a symbolic link .* leads out/,
  },
  'a link that another link takes outside': {
    entries: [
      { name: 'a/b/up', mode: link, content: '../..' },
      { name: 'l', mode: link, content: 'a/b/up/../x' },
    ],
    message: /'l' is a symbolic link to 'a\/b\/up\/\.\.\/x', which leads out/,
  },
  'links in circles': {
    entries: [
      { name: 'a', mode: link, content: 'b' },
      { name: 'b', mode: link, content: 'a' },
    ],
    message: /'a' is a symbolic link to 'b', which leads in circles/,
  },
  'a link to nothing': { entries: [{ name: 'l', mode: link }], message: /leads nowhere/ },
  'a link of absurd length': {
    entries: [{ name: 'l', mode: link, content: 'x'.repeat(5000) }],
    message: /absurd length/,
  },
  'a device': { entries: [{ name: 'sda', mode: 0o060666 }], message: /'sda' is a device/ },
  'a pipe': { entries: [{ name: 'p', mode: 0o010666 }], message: /'p' is a device, a pipe/ },
  'an encrypted entry': {
    entries: [{ name: 'a', flags: 0x801, content: 'x'.repeat(12), says: 0 }],
    message: /'a' is encrypted/,
  },
  'an unknown compression': {
    entries: [{ name: 'a', method: 14, content: 'x' }],
    message: /'a' is compressed .*method 14/,
  },
  'a wrong checksum': { entries: [{ name: 'a', content: 'hello', checksum: 1 }], message: /entry 'a' cannot be read/ },
  'a small file larger than it says': {
    entries: [{ name: 'a', method: 8, content: 'hello', says: 2 }],
    message: /entry 'a' cannot be read/,
  },
  'a large file larger than it says': {
    entries: [{ name: 'ok' }, { name: 'a', method: 8, content: Buffer.alloc(900_000), says: 600_000 }],
    message: /entry 'a' cannot be read/,
  },
  'a file smaller than it says': {
    entries: [{ name: 'a', method: 8, content: 'hello', says: 9 }],
    message: /entry 'a' cannot be read/,
  },
};
