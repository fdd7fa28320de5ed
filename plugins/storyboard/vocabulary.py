"""The words that Storyboard acts on, beside nouns and colours."""

from __future__ import annotations

RELATIONS: dict[str, str] = {
    "left of": "left of", "to the left of": "left of", "on the left of": "left of",
    "right of": "right of", "to the right of": "right of", "on the right of": "right of",
    "on": "on", "on top of": "on", "upon": "on", "standing on": "on", "sitting on": "on",
    "wearing": "on", "riding": "on", "behind": "behind", "in front of": "in front of",
    "before": "in front of", "next to": "next to", "beside": "next to", "near": "next to",
    "by": "next to", "alongside": "next to", "above": "above", "over": "above", "under": "under",
    "below": "under", "beneath": "under", "underneath": "under", "between": "between",
    "in": "in", "inside": "in", "with": "next to",
}  # fmt: skip

COUNTS: dict[str, int] = {
    "a": 1, "an": 1, "one": 1, "single": 1, "two": 2, "both": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "a dozen": 12,
    "dozen": 12, "a few": 3, "few": 3, "several": 4, "some": 3, "many": 7, "lots of": 8,
    "a lot of": 8, "a pair of": 2, "pair of": 2, "a couple of": 2, "couple of": 2,
    "a group of": 5, "group of": 5, "a flock of": 7, "flock of": 7, "a herd of": 5, "herd of": 5,
}  # fmt: skip

COLOURFUL = frozenset((
    "colourful", "colorful", "multicoloured", "multicolored", "motley",
))  # fmt: skip

SIZES: dict[str, float] = {
    "tiny": 0.45, "little": 0.65, "small": 0.65, "mini": 0.5, "miniature": 0.45, "big": 1.4,
    "large": 1.4, "huge": 1.8, "giant": 2.0, "gigantic": 2.0, "enormous": 1.9, "tall": 1.35,
}  # fmt: skip

TIMES: dict[str, str] = {
    "sunrise": "sunrise", "dawn": "sunrise", "daybreak": "sunrise", "morning": "sunrise",
    "day": "day", "noon": "day", "midday": "day", "daytime": "day", "afternoon": "day",
    "sunny": "day", "sunset": "sunset", "dusk": "sunset", "evening": "sunset",
    "golden hour": "sunset", "twilight": "sunset", "night": "night", "midnight": "night",
    "nighttime": "night", "moonlight": "night", "moonlit": "night", "night sky": "night",
    "starry night": "night", "starry sky": "night", "starry": "night", "at night": "night",
}  # fmt: skip

WEATHERS: dict[str, str] = {
    "rain": "rain", "raining": "rain", "rainy": "rain", "drizzle": "rain", "downpour": "rain",
    "snowing": "snowfall", "snowfall": "snowfall", "blizzard": "snowfall", "snowy": "snowfall",
    "fog": "fog", "foggy": "fog", "mist": "fog", "misty": "fog", "haze": "fog", "hazy": "fog",
    "storm": "storm", "stormy": "storm", "thunderstorm": "storm", "thunder": "storm",
    "cloudy": "clouds", "overcast": "overcast", "clouds": "clouds", "clear sky": "clear",
    "blue sky": "clear", "cloudless": "clear",
}  # fmt: skip

STYLES: dict[str, str] = {
    "flat": "flat", "flat style": "flat", "glossy": "glossy", "shiny": "glossy", "ink": "ink",
    "ink drawing": "ink", "pen and ink": "ink", "line art": "ink", "watercolor": "watercolor",
    "watercolour": "watercolor", "aquarelle": "watercolor", "pastel": "pastel", "pastels": "pastel",
    "pastel colours": "pastel", "pastel colors": "pastel", "soft colours": "pastel",
    "black and white": "ink", "monochrome": "ink",
}  # fmt: skip

PLACES: dict[str, str] = {
    "meadow": "meadow", "field": "field", "fields": "field", "grass": "meadow", "lawn": "meadow",
    "garden": "garden", "park": "meadow", "countryside": "hills", "farm": "field",
    "pasture": "meadow", "forest": "forest", "woods": "forest", "wood": "forest",
    "jungle": "forest", "woodland": "forest", "desert": "desert", "dunes": "desert",
    "sand": "beach", "wheat field": "field", "corn field": "field", "cornfield": "field",
    "rice field": "field", "flower field": "garden", "sea": "sea", "ocean": "sea",
    "water": "lake", "lake": "lake", "pond": "lake", "river": "river", "stream": "river",
    "riverbank": "river", "beach": "beach", "seaside": "beach", "shore": "beach",
    "coast": "beach", "island": "beach", "mountain": "mountains", "mountains": "mountains",
    "alps": "mountains", "valley": "mountains", "hill": "hills", "hills": "hills", "snow": "snow",
    "winter": "snow", "ice": "snow", "winter landscape": "snow", "arctic": "snow", "city": "city",
    "town": "city", "street": "city", "skyline": "city", "road": "city", "village": "village",
    "sky": "sky", "air": "sky", "space": "space", "outer space": "space", "galaxy": "space",
    "moon surface": "moon", "moon": "moon", "room": "room", "living room": "room",
    "bedroom": "room", "kitchen": "room", "house": "room", "indoors": "room", "interior": "room",
    "floor": "room", "underwater": "underwater", "under water": "underwater",
    "under the sea": "underwater", "reef": "underwater", "seabed": "underwater",
    "studio": "studio", "plain background": "studio", "white background": "studio",
    "autumn": "autumn", "autumn forest": "autumn", "fall": "autumn", "spring": "garden",
    "summer": "meadow", "savanna": "savanna", "savannah": "savanna", "steppe": "savanna",
}  # fmt: skip

MANNERS: dict[str, str] = {
    "flying": "air", "floating": "air", "hovering": "air", "soaring": "air", "swimming": "water",
    "sailing": "water", "diving": "water", "standing": "", "sitting": "", "lying": "",
    "resting": "", "growing": "", "parked": "",
}  # fmt: skip

FILLERS = frozenset((
    "the", "of", "and", "is", "are", "there", "at", "to", "from", "for", "its", "it", "his",
    "her", "their", "as", "that", "this", "these", "those", "which", "picture", "photo",
    "photograph", "image", "illustration", "drawing", "painting", "sketch", "scene", "view",
    "style", "colour", "color", "colored", "coloured", "background", "foreground", "landscape",
    "in", "on", "by", "landscape", "or", "then", "also", "side", "during", "while", "where",
    "it's", "has", "have", "full", "under", "lots",
))  # fmt: skip
