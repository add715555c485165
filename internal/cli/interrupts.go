package cli

import (
	"context"
	"os"
	"sync"
	"time"

	"handover/internal/operation"
)

// interrupts counts the signals of a process and lets others wait for the next one. The first asks to detach, the second to leave, the third ends all.
type interrupts struct {
	mu    sync.Mutex
	count int
	heard int // how many the operation knows of
	next  chan struct{}
}

func listen(ctx context.Context, signals <-chan os.Signal) *interrupts {
	i := &interrupts{next: make(chan struct{})}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-signals:
				if !open {
					return
				}
				i.add()
			}
		}
	}()
	return i
}

func (i *interrupts) add() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.count++
	close(i.next)
	i.next = make(chan struct{})
}

// forget begins to count anew: what they asked for is done.
func (i *interrupts) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.count, i.heard = 0, 0
}

// after gives a channel that is closed once there have been more than n signals.
func (i *interrupts) after(n int) <-chan struct{} {
	reached := make(chan struct{})
	i.mu.Lock()
	count, next := i.count, i.next
	i.mu.Unlock()
	if count > n {
		close(reached)
		return reached
	}
	return next
}

// until is a context that ends with signal number n.
func (i *interrupts) until(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for seen := 0; seen < n; seen++ {
			select {
			case <-i.after(seen):
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()
	return ctx, cancel
}

// asked is what the operation is asked for now.
func (i *interrupts) asked() operation.Interrupt {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.heard = i.count
	switch i.count {
	case 0:
		return operation.NoInterrupt
	case 1:
		return operation.Detach
	}
	return operation.Leave
}

func (i *interrupts) unheard() <-chan struct{} {
	i.mu.Lock()
	heard := i.heard
	i.mu.Unlock()
	return i.after(heard)
}

// interruptible is a provider whose sleep ends when there is an interrupt that the operation has not heard of.
type interruptible struct {
	operation.Provider
	interrupts *interrupts
}

func (p interruptible) Sleep(ctx context.Context, d time.Duration) error {
	sleep, wake := context.WithCancel(ctx)
	defer wake()
	unheard := p.interrupts.unheard()
	go func() {
		select {
		case <-unheard:
			wake()
		case <-sleep.Done():
		}
	}()
	err := p.Provider.Sleep(sleep, d)
	if err != nil && ctx.Err() == nil && sleep.Err() != nil {
		return nil
	}
	return err
}
