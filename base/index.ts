export {
  CodedError,
  type CodedErrorOptions,
  type ErrorExitCode,
  receiveError,
  type SentError,
  sendError,
} from './coded-error.js';
export { type CsvValue, csvFieldToRead, csvText, csvToRead, isFormula } from './csv-text.js';
export { firstTwice, nearest } from './nearest.js';
export {
  isOffline,
  isThisMachine,
  mayConnect,
  OfflineError,
  refuseConnection,
  setOffline,
  throwRefused,
} from './offline.js';
export {
  type AnyOption,
  anything,
  checkedOptions,
  dashed,
  type Fields,
  filled,
  list,
  number,
  Option,
  type OptionsOf,
  type OptionWords,
  oneOf,
  type Presence,
  paths,
  type Settled,
  seconds,
  settle,
  text,
  time,
  toggle,
  whole,
} from './options.js';
export {
  issueWords,
  markdownText,
  printable,
  printableLines,
  quoted,
  quotedNames,
  shellWord,
  shown,
  shownValue,
} from './printable.js';
export { hasPassword, publicUrl } from './public-url.js';
export { checkSeed, Random, RandomError } from './random.js';
