// Package group is EC2 Auto Scaling as a pure model: what a group wants to launch and to terminate, how lifecycle hooks hold an instance, and how an instance refresh
// goes on. What instance types have is here, too.
//
// Plan never lets a group have more instances than its maximum by its own launches, never terminates one that is protected from scale-in, and reads nothing but its
// arguments. A lifecycle action is never extended beyond 48 hours or a hundred of its heartbeat timeouts, whichever is less. The package changes nothing of EC2 or
// ECS: package world carries out what it decides.
package group
