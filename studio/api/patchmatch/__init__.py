"""PatchMatch: fills a hole in a picture with what lies around it, without any weights.

The method is that of Wexler, Shechtman and Irani ("Space-Time Completion of Video", 2007): every
patch that touches the hole looks for its nearest neighbour among the known patches, and the
neighbours vote for the hole's colours, in turns and from coarse to fine. The neighbours are found
as in PatchMatch (Barnes, Shechtman, Finkelstein and Goldman 2009). Texture features and the onion
peel at the coarsest level follow Newson, Almansa, Gousseau and Pérez ("Non-Local Patch-Based Image
Inpainting", IPOL 2017); patches are compared by their principal components as in He and Sun
("Computing Nearest-Neighbor Fields via Propagation-Assisted KD-Trees", 2012).

It lies in ``studio.api`` because both sides need it: the bundled plugin makes pictures with it, and
the neural engines begin an empty area with it, but neither may import the other. numpy only.
"""

from studio.api.patchmatch._fill import Watch, fill

__all__ = ["Watch", "fill"]
