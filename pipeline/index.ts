/**
 * Whole tasks, put together from the other rooms; no formula and no file format is defined here.
 *
 * Its folders, from the bottom up; each imports only those before it:
 *
 * - `options/` what programs and commands say of the tasks
 * - `check/` a converted network beside the program that it comes from
 * - `embed/` from an image file to an event table
 * - `measure/` from event tables to profiles and measured windows
 * - `inspect/` what a file or folder is, and which layers a network has
 * - `report/` from a measurement to the HTML report, with pictures
 * - `scale/` a run on several machines: planned, computed in shards, gathered
 * - `sampled/` a sample of images in memory
 * - `drill/` which corruptions of the images would be noticed
 * - `explain/` causes of drift made again, until they suffice
 * - `monitor/` alarms over months: a folder of sums, its updates, and the messages of its alarms
 * - `service/` single images, and each counted: `image-drift/service`, which this file does not repeat
 * - `compare/` sets of images against a reference, as in the demo
 * - `labels/` accuracy from few labels, and which images to label
 * - `quickstart/` Fiddler's image-monitoring quickstart, locally and on a server
 *
 * Each folder can be entered alone, so that a command loads no more than it needs.
 */
export * from './check/index.js';
export * from './compare/index.js';
export * from './drill/index.js';
export * from './embed/index.js';
export * from './explain/index.js';
export * from './inspect/index.js';
export * from './labels/index.js';
export * from './measure/index.js';
export * from './monitor/index.js';
export * from './quickstart/index.js';
export * from './report/index.js';
export * from './scale/index.js';
