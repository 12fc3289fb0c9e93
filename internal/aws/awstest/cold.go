package awstest

import (
	"slices"
	"testing"
	"time"
)

// ColdStarts starts a function so many times and returns the median of the times that it took until it asked for an invocation.
func ColdStarts(t testing.TB, f *Function, n int) time.Duration {
	t.Helper()
	var all []time.Duration
	for range n {
		f.Kill()
		took, err := f.Init()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, took)
	}
	slices.Sort(all)
	t.Logf("%d cold starts took from %s to %s", n, all[0], all[n-1])
	return all[n/2]
}
