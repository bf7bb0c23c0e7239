SELECT h.projection, h.part, p.error, h.position
FROM alforis_held h
JOIN alforis_parked p ON p.projection = h.projection AND p.part = h.part
ORDER BY h.projection, h.part, h.position
