/* Barcodes: the check digit of GTINs. Pure. */
#ifndef STOCKD_ENGINE_BARCODE_H
#define STOCKD_ENGINE_BARCODE_H

#include "base/bytes.h"
#include "base/error.h"

/* 8, 12, 13 or 14 digits are a GTIN, and its last digit follows from the others (GS1 General
 * Specifications, 7.9): ST_INVALID with a sentence when it does not. Anything else is a code of the
 * seller's own, and is fine. */
enum status barcode_check(struct bytes barcode, struct error *error);

#endif
