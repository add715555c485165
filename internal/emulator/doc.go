// Package emulator is AWS's side as a server: the APIs of ECS, ELBv2, Application Auto Scaling, STS, SNS, SQS and CloudWatch Logs over the model in package world, with a world for each
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
// GET /_handover/ lists the emulator's own requests: the whole state of a world, the last calls, a reset of all Regions, and time that is put forward.
//
// A Server is an http.Handler and may be used by many goroutines; it starts none. Only clock.go reads the machine's clock.
//
// The package and those beneath it contain no rule of ECS (package world has them) and do not know package operation.
package emulator
