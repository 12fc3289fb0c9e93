package awstest_test

import (
	"fmt"
	"testing"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
)

// TestFaults writes through a proxy that breaks a third of the requests: whatever is said to be stored is, and of the rest some
// is, and some is not, as behind a real network.
func TestFaults(t *testing.T) {
	endpoint := awstest.StartS3(t, "bucket")
	faults := awstest.StartFaults(t, endpoint, 1, 0.2)
	through, direct := awstest.OpenBucket(faults.URL, "bucket"), awstest.OpenBucket(endpoint, "bucket")
	failed := map[string]bool{}
	for i := range 400 {
		key := fmt.Sprintf("state/%03d", i)
		if _, err := through.Put(t.Context(), key, []byte(key), storage.PutOptions{}); err != nil {
			failed[key] = true
		}
	}
	stored := map[string]bool{}
	for info, err := range direct.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		stored[info.Key] = true
	}
	before, after := 0, 0
	for i := range 400 {
		switch key := fmt.Sprintf("state/%03d", i); {
		case !failed[key] && !stored[key]:
			t.Errorf("%s was stored, but is not there", key)
		case failed[key] && stored[key]:
			after++
		case failed[key]:
			before++
		}
	}
	t.Logf("%d of 400 writes failed, %d of them after the work was done; requests: %v", len(failed), after, faults.Counts())
	if before == 0 || after == 0 {
		t.Errorf("%d writes failed before the work was done and %d after, want some of each", before, after)
	}
	counts := faults.Counts()
	for fault := awstest.NoFault; fault <= awstest.Delay; fault++ {
		if counts[fault] == 0 {
			t.Errorf("no request met %q", fault)
		}
	}
	faults.Quiet()
	for i := range 50 {
		if _, err := through.Put(t.Context(), fmt.Sprintf("state/%03d", i), nil, storage.PutOptions{}); err != nil {
			t.Errorf("once quiet: %v", err)
		}
	}
}
