/** Only the bundler imports style sheets. */
declare module '*.css';
