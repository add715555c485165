// Package worldlog keeps what was done to the worlds of an emulator in a file, so that an emulator that is started again with the file has the same worlds,
// also after kill -9 or a power cut.
//
// A world is a function of its seed and of the actions that it accepted, each at its time. So the file is the scene with which every Region begins, then one
// record for each request that changed something, and now and then a whole world, so that not all of the past has to be lived through again.
//
// It guarantees:
//   - When Wait returns nil, the record and all records before it are on the disk. Records that are waited for at the same time share one write and one fsync.
//   - Records are in the file in the order in which Append was called, and each is there whole or not at all.
//   - Open drops nothing but a last line that has no end, which is one that nobody was answered about. Any other fault is an *Error that names the file and
//     the record: another format, a changed byte, a missing record, an action that the model refuses or answers in another way than it did then.
//   - Only one process at a time has a log open.
//
// The caller must append the records of one Region in the order in which its world acted, and must not answer before Wait has returned.
//
// The format is JSON Lines. The first two members of a line are its checksum (CRC-32C, of all that follows the comma after it) and its number, counted from 0,
// so that a line that was changed, taken out or put in elsewhere is noticed:
//
//	{"crc":"4c0f1a2b","n":0,"kind":"scene","format":"handover emulator log","version":1,"scene":{"name":"scenes/test.txt","text":"…",…}}
//	{"crc":"b7a90d15","n":1,"kind":"shown","at":"…","until":"…","machine":"…"}
//	{"crc":"19e2c3f8","n":2,"kind":"acts","region":"us-east-1","at":"…","acts":[{"do":{"kind":"StopTask","action":{…}},"ids":["…"]}]}
//	{"crc":"7d41e0aa","n":3,"kind":"world","region":"us-east-1","world":{…}}
//	{"crc":"02b8f6c4","n":4,"kind":"reset"}
//
// The package starts no goroutine and reads no clock; the machine's time is an argument.
package worldlog
