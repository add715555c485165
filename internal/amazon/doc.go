// Package amazon is the AWS adapter: it carries the ports of package operation over to the AWS SDK. Nothing above it sees a type of the SDK.
//
// It guarantees:
//   - Open tells what is wrong with the configuration (no Region, no or expired credentials, unknown profile, unreachable endpoint) before anything can
//     be changed, as an *Error with hints. On a machine that is not an EC2 instance it takes seconds at most to find that there are no credentials.
//   - Provider.Now is AWS's time, taken from the answers, and never goes back. An emulator may let it run faster (SpeedHeader).
//   - Provider.Observe gives what could be read, and a Gap with the IAM action for what could not. It fails only where its context has ended.
//   - Provider.Apply sends each mutation until AWS has answered it once. A request that AWS surely did not act on (throttled, or never written to a
//     connection) is sent again; one whose answer may have been lost never is: its outcome is Unknown.
//   - Calls are made in as large batches as AWS takes (10 services, 100 tasks), and at no more than four fifths of the rate that AWS grants an account.
//   - No secret is in an error, in an outcome, or in what the Observer is told.
//
// The caller must read Account.Caller to people before it changes anything, must give an Observer that may be called from several goroutines, and must end the
// context to abandon a call: there is no other way to stop one. A Provider keeps what cannot change (task definitions) and what hardly does (settings
// of target groups) for its whole life, so a long-running process makes a new one for each operation.
//
// The package never decides anything about ECS: it knows what a call means, not when to make it. It never reads the model (package world), never
// prints, and never assumes the partition aws.
package amazon
