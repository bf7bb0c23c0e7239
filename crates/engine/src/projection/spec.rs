//! How projections are tested: given events, expect rows.
