// Package emulator is AWS's side as a server: the APIs of ECS, EC2 and their neighbours (docs/emulator.md lists them) over the model in package world, with a world for each
// Region.
//
// It guarantees:
//   - The account is 123456789012. Region and partition come from the credential scope of a request; signatures are not checked.
//   - Each Region has a world of its own, made when it is first called. Before each request it is advanced to Clock.Now.
//   - Requests of one Region act one after the other. No lock is held while an answer is encoded or written.
//   - Every answer says what time it is in the world: in Date, and more finely in Handover-Time; Handover-Speed says how fast that time goes.
//   - With Throttle on, the published token buckets hold for each Region, in the world's time: at speed 60 a client that polls as on AWS looks sixty times
//     rarer, so that throttling needs as many calls in a second of the world as it does on AWS.
//   - With a Log, whatever an answer says is on the disk before it is sent, and a Server that is made with the log's Past has the same worlds; see keep.go.
//     Close, once no request is under way, makes the next start quick.
//
// GET /_handover/ lists the emulator's own requests: the whole state of a world, the last calls, a reset of all Regions, time that is put forward, and events that only AWS may
// put on a bus.
//
// With Functions, Run lets time go on by itself where something is due and runs the programs of functions; without it nothing happens in a world but when it is called.
//
// A Server is an http.Handler and may be used by many goroutines; only Run starts any. Only clock.go reads the machine's clock.
//
// The package and those beneath it contain no rule of ECS (package world has them) and do not know package operation.
package emulator
