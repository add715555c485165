// Package sandbox runs the programs of functions as child processes over Lambda's runtime API (2018-06-01): next, response, error and init error, on a port of the
// loopback interface for each process.
//
// It guarantees:
//   - Only programs in the one folder that the operator named are run: an executable file, or a zip with the file bootstrap in it.
//   - A process gets nothing of the environment of the emulator: it has the variables that Lambda sets, those of its function, credentials that are worth nothing,
//     and the emulator as its endpoint.
//   - A process has one invocation at a time, and is used again for the next one of the same function while the function stays as it is. A process whose
//     invocation is given up is killed. Close kills all of them.
//
// What it does not do: it is no jail. A program runs as the user of the emulator, with that user's files and network, and with as much memory as it takes.
//
// The time: a deadline is a moment of this machine's clock, from which a program reckons how much time is left, and the emulator chooses it so that what is left is
// as much as is left in the world. At --speed 60 a program that is told of 900 seconds has them in the world's time, and 15 of the machine's.
//
// The package reads no clock: deadlines and the times of log lines are the caller's.
package sandbox
