export { CodedError, type CodedErrorOptions, type ErrorExitCode } from './coded-error.js';
export { type CsvValue, csvFieldToRead, csvText, csvToRead, isFormula } from './csv-text.js';
export { checkOptionNames, nearest, type OptionNames } from './option-names.js';
export { issueWords, printable, printableLines, quoted, shown, shownValue } from './printable.js';
export { hasPassword, publicUrl } from './public-url.js';
export { checkSeed, Random, RandomError } from './random.js';
