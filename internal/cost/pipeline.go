package cost

import "time"

// The requests to S3 of the pipeline. TestPipelineRequests in cmd/shoebox counts those of the real thing and compares: no more than
// these, and these by at most a third and two too many.
const (
	// Developing a photo without sidecars.
	DevelopGets  = 4 // what is ignored, twice; its record; the original
	DevelopPuts  = 3 // thumbnail, preview, record
	DevelopLists = 3 // which sidecars there are, again when all is written, and then the renditions

	// A run that publishes photos that lie beside each other in one album, as those of an upload mostly do; with the lease,
	// configuration, and the sitemaps of a gallery that knows its address.
	PublishGets         = 15
	PublishPuts         = 18 // lease, pages and notes of the album and those above, the neighbours' pages, feed, catalog, index
	PublishLists        = 3
	PublishGetsPerPhoto = 1 // its record
	PublishPutsPerPhoto = 1 // its page

	// What a photo with eleven labels and two people takes more when it is published by itself: the rolls and pages of these, with
	// their years, months and days, and what all of them are named in (TestOneLabelledPhotoIsConstantWork in package generator). Photos that are
	// published together share most of them; this many more is a guess.
	CollectionGets     = 24
	CollectionPuts     = 40
	MoreCollectionGets = 6
	MoreCollectionPuts = 10

	// What a labelled photo takes more: the answers of before, and the counter of the month.
	LabelGets = 3
	LabelPuts = 2

	// What a photo with one face takes more, and each of its other faces: the faces and groups known so far, and the counter.
	FaceGets     = 12
	FacePuts     = 7
	MoreFaceGets = 3
	MoreFacePuts = 2
)

// How the functions of the stack are called. The times are estimates from a spike on other hardware: AWS was never asked.
const (
	developMemory = 2048 // MB
	developTime   = 1500 * time.Millisecond
	publishMemory = 1024
	publishTime   = 2 * time.Second
	sweepTime     = 100 * time.Millisecond // of a scheduled publish that finds nothing
	searchMemory  = 1024
	searchTime    = 100 * time.Millisecond

	developBatch = 10 // photos of an invocation when many wait
	publishBatch = 20 // photos that are there when publish looks, when many come
	albumPhotos  = 200

	sweeps     = 30 * 24 * 12 // a month: every five minutes
	nights     = 30
	emptyPolls = 648_000 // receives a month of an event source that waits: 5 pollers, each every 20 seconds
	alarms     = 4
)

// What a photo brings with it.
const (
	galleryBytes  = 300_000 // thumbnail, preview, page, record; renditions of 480 and 1600 pixels
	logBytes      = 1_000   // develop's and publish's lines
	facesPerPhoto = 1
	partSize      = 8 << 20 // from which the AWS command line uploads in parts
)

// What a visitor's look at a photo brings with it.
const (
	requestsPerView = 12 // a page, a preview, ten thumbnails of the album around it
	bytesPerView    = 500_000
	viewsPerSearch  = 10
)

// uploading is the work of the owner's program for a photo of so many bytes, and what S3 and SNS make of it.
func uploading(bytes float64) Usage {
	u := Usage{S3Put: 1, SNS: 1, SQS: 1}
	if bytes > partSize {
		u.S3Put = int64(bytes/partSize) + 1 + 2 // the parts, their beginning and end
	}
	return u
}

// developing is the work of the develop function for so many photos that come in batches.
func developing(photos, batch int64, labels, faces bool) Usage {
	batches := (photos + batch - 1) / batch
	u := Usage{
		S3Get: DevelopGets, S3Put: DevelopPuts, S3List: DevelopLists, LambdaGBSeconds: GBSeconds(developMemory, developTime),
	}
	if labels {
		u = u.Plus(Usage{S3Get: LabelGets, S3Put: LabelPuts, DetectLabels: 1})
	}
	if labels && faces {
		u = u.Plus(Usage{S3Get: FaceGets, S3Put: FacePuts, IndexFaces: 1, SearchFaces: facesPerPhoto})
	}
	// Each batch is received, deleted, and told to the publish queue.
	return u.times(photos).Plus(Usage{Lambda: 1, SQS: 3}.times(batches))
}

// publishing is the work of the publish function for so many photos of which a batch waits each time that it looks.
func publishing(photos, batch int64, labels bool) Usage {
	runs := (photos + batch - 1) / batch
	run := Usage{
		S3Get: PublishGets, S3Put: PublishPuts, S3List: PublishLists, Lambda: 1, LambdaGBSeconds: GBSeconds(publishMemory, publishTime),
		SQS: 3, // received, deleted, found empty
	}
	each := Usage{S3Get: PublishGetsPerPhoto, S3Put: PublishPutsPerPhoto}
	if labels {
		run = run.Plus(Usage{S3Get: CollectionGets - MoreCollectionGets, S3Put: CollectionPuts - MoreCollectionPuts})
		each = each.Plus(Usage{S3Get: MoreCollectionGets, S3Put: MoreCollectionPuts})
	}
	return run.times(runs).Plus(each.times(photos))
}

// idling is what a month costs in which nothing happens to a gallery of so many photos.
func idling(photos int64) Usage {
	u := Usage{SQS: emptyPolls}
	u = u.Plus(Usage{Lambda: 1, LambdaGBSeconds: GBSeconds(publishMemory, sweepTime), SQS: 1}.times(sweeps))
	// The nightly comparison lists originals, records, pages and renditions, and reads what is remembered of each album.
	albums := photos/albumPhotos + 1
	night := Usage{
		S3List: 5*photos/1000 + 6, S3Get: 2*albums + 10, S3Put: 2,
		Lambda: 1, LambdaGBSeconds: GBSeconds(publishMemory, 5*time.Second+time.Duration(photos)*100*time.Microsecond),
	}
	return u.Plus(night.times(nights))
}

// searching is the work of the search function for so many views.
func searching(views int64) Usage {
	return Usage{Lambda: 1, LambdaGBSeconds: GBSeconds(searchMemory, searchTime), S3Get: 1}.times(views / viewsPerSearch)
}
