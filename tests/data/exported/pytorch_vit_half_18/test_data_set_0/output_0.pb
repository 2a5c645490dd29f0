
Boutput_0J
ì<>–/i<lµ