package forecast

import (
	"fmt"
	"slices"
	"strconv"

	"handover/internal/cluster"
)

// Room is what one thing leaves for more tasks of a service, as it was read.
type Room struct {
	Of    RoomOf `json:"of"`
	Tasks int    `json:"tasks"` // how many more tasks it leaves room for; at most mostRoom
	Text  string `json:"text"`
}

// RoomOf is what leaves room for tasks, or does not.
type RoomOf string

// What leaves room.
const (
	RoomOnInstances RoomOf = "instances"
	RoomInSubnets   RoomOf = "addresses"
	RoomByQuota     RoomOf = "quota"
)

// mostRoom is how many tasks are looked for room for: to place each of them takes a look at each instance.
const mostRoom = 200

// room lists what was read of what leaves room for more tasks.
func (b Base) room(view cluster.ServiceView) []Room {
	var all []Room
	if tasks, ok := b.world.RoomOnInstances(b.Service, mostRoom); ok {
		all = append(all, roomFor(RoomOnInstances, tasks, "on the container instances"))
	}
	if b.addresses != nil {
		all = append(all, roomFor(RoomInSubnets, *b.addresses, "by the addresses of the subnets"))
	}
	if view.Fargate == nil {
		return all
	}
	at := slices.IndexFunc(view.Definitions, func(d cluster.TaskDefinition) bool { return d.ARN == view.Service.Definition })
	left := max(0, view.Fargate.Limit-view.Fargate.Taken)
	if at < 0 || view.Definitions[at].Needs().CPU == 0 {
		return all
	}
	tasks := int(left * unitsOfVCPU / float64(view.Definitions[at].Needs().CPU))
	return append(all, roomFor(RoomByQuota, tasks, fmt.Sprintf("by Fargate's quota, of which %s of %s vCPUs are left", plainly(left), plainly(view.Fargate.Limit))))
}

// roomFor puts it into words.
func roomFor(of RoomOf, tasks int, where string) Room {
	text := fmt.Sprintf("%d %s", tasks, where)
	if tasks >= mostRoom {
		text = fmt.Sprintf("%d and more %s", mostRoom, where)
	}
	return Room{Of: of, Tasks: min(tasks, mostRoom), Text: text}
}

// plainly writes a number without an exponent.
func plainly(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
