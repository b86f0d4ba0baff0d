/** AVIF files are recognised and refused: sharp and Pillow decode them with different libraries, and other pixels come out. */
import { type FileFormat, type ImagePlace, unsupported } from './image-format.js';

const BRANDS = new Set(['avif', 'avis']);

export const avif: FileFormat = {
  name: 'AVIF',
  extensions: ['.avif', '.avifs'],
  isThis: isAvif,
  header: (_, place) => refuse(place),
  decode: (_bytes, _header, place) => refuse(place),
};

function refuse(place: ImagePlace): never {
  throw unsupported(place, 'no decoder here gives the pixels of Pillow');
}

/** The first box is `ftyp`: its size, a major brand, a version, compatible brands. */
function isAvif(start: string): boolean {
  if (start.slice(4, 8) !== 'ftyp') return false;
  const brands = [start.slice(8, 12)];
  for (let at = 16; at + 4 <= start.length; at += 4) brands.push(start.slice(at, at + 4));
  return brands.some((brand) => BRANDS.has(brand));
}
