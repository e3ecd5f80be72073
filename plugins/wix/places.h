/* What the files of warehouses and orders share: the locations by either of their ids. */
#ifndef WIX_PLACES_H
#define WIX_PLACES_H

#include "wix.h"

/* Account state: the Stores location that sells online; and for each business location, by which
 * orders name it, its Stores location. */
#define WIX_STATE_DEFAULT "default-location"
#define WIX_STATE_PLACE   "location-"

#endif
