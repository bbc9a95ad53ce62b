#!/bin/sh
# All three hooks of the application: what it is told, it says.
echo "$UPGRADE_HOOK of upgrade $UPGRADE_UPGRADE_ID"
