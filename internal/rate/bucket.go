package rate

import (
	"math"
	"time"
)

// Limit is what a bucket holds and how fast it fills.
type Limit struct {
	Name   string  `json:"name"`
	Burst  float64 `json:"burst"`  // tokens of a full bucket
	Refill float64 `json:"refill"` // tokens a second
}

// Leaving is what is left of a limit to a caller who leaves a part of it, from 0 to 1, to the account's other callers. A fifth of StopTask's 100 and 40 a second
// left makes 80 and 32. It is of the burst, too: others call seldom and a few at once, and would find the bucket empty just when we begin. What that costs a fast
// restart is 0.6 s of 100 tasks, and nothing of more than its share of 1,000.
func (l Limit) Leaving(part float64) Limit {
	l.Burst, l.Refill = l.Burst*(1-part), l.Refill*(1-part)
	return l
}

// Fill is how long it takes until so many tokens have come into an empty bucket: 50 at 20 a second take 2.5 s.
func (l Limit) Fill(tokens int) time.Duration {
	return time.Duration(math.Ceil(float64(tokens) / l.Refill * float64(time.Second)))
}

// Bucket is a token bucket as it was at a time. The zero Bucket is full, whatever its limit.
type Bucket struct {
	Missing float64   `json:"missing"` // tokens that are taken and not yet refilled
	At      time.Time `json:"at,omitzero"`
}

// Take draws one token. When there is none, the bucket is only brought up to the time.
func (b Bucket) Take(l Limit, now time.Time) (after Bucket, ok bool) {
	b = b.advance(l, now)
	if l.Burst-b.Missing < 1 {
		return b, false
	}
	b.Missing++
	return b, true
}

// TakeMost draws as many tokens as are there, most at most.
func (b Bucket) TakeMost(l Limit, now time.Time, most int) (after Bucket, taken int) {
	b = b.advance(l, now)
	taken = max(0, min(most, int(l.Burst-b.Missing)))
	b.Missing += float64(taken)
	return b, taken
}

// Ready is how long it takes until a token is there; 0 if one is there now. A bucket that never fills is never ready: the longest duration.
func (b Bucket) Ready(l Limit, now time.Time) time.Duration {
	short := 1 - (l.Burst - b.advance(l, now).Missing)
	if short <= 0 {
		return 0
	}
	if l.Refill <= 0 || l.Burst < 1 {
		return math.MaxInt64
	}
	return time.Duration(math.Ceil(short / l.Refill * float64(time.Second)))
}

func (b Bucket) advance(l Limit, now time.Time) Bucket {
	if !now.After(b.At) {
		return b
	}
	if !b.At.IsZero() {
		b.Missing = max(0, b.Missing-now.Sub(b.At).Seconds()*l.Refill)
	}
	b.At = now
	return b
}
