/**
 * Stands in for the process that tests one engine: `cpu` answers, other engines act like a broken driver.
 * The reference is 1, 2, 3.
 */
const [engine] = process.argv.slice(2);

function answer(outputs: number[]): void {
  const availability = { ok: true, reason: 'a fake', device: 'fake', kind: 'cpu' };
  process.send!({ availability, selfTest: { outputs, imagesPerSecond: 7 }, failure: null }, () => process.exit(0));
}

switch (engine) {
  case 'cpu':
    answer([1, 2, 3]);
    break;
  case 'wasm':
    answer([1, 2, 3.0000003]);
    break;
  case 'onnxruntime':
    answer([1, 2, 3.3]);
    break;
  case 'tensorflow':
    console.error('Fatal error: cannot open shared object file\n    at somewhere');
    process.kill(process.pid, 'SIGSEGV');
    break;
  default:
    setInterval(() => {}, 1000);
}
