/** Stands in for the process that tests one engine: `simd` answers, other engines act like a broken driver. */
const [engine] = process.argv.slice(2);

switch (engine) {
  case 'simd': {
    const availability = { ok: true, reason: 'a fake', device: 'fake', kind: 'cpu' };
    const report = { engine, availability, error: 1e-7, imagesPerSecond: 7, works: true, failure: null };
    process.send!(report, () => process.exit(0));
    break;
  }
  case 'onnxruntime':
    process.exit(3);
    break;
  case 'tensorflow':
    console.error('Fatal error: cannot open shared object file\n    at somewhere');
    process.kill(process.pid, 'SIGSEGV');
    break;
  default:
    setInterval(() => {}, 1000);
}
