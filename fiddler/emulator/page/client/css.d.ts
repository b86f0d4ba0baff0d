/** Only the bundler uses imports of style sheets. */
declare module '*.css';
