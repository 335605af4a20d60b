"""The stages of probes, one for each kind of material; what measures is found in the registry of `embedseq.probes`."""
