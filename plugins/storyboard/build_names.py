"""Which drawing is meant by a word where the rules would choose another; chosen by eye."""

from __future__ import annotations

# Words whose first drawing would be a part or the wrong thing, and what is drawn instead.
PREFERRED: dict[str, str] = {
    "man": "man-standing", "woman": "woman-standing", "person": "person-standing", "dog": "dog",
    "cat": "cat", "mouse": "mouse", "tree": "deciduous-tree", "pine": "evergreen-tree", "fir":
    "evergreen-tree", "pine tree": "evergreen-tree", "bird": "bird", "fish": "tropical-fish",
    "flower": "sunflower", "car": "automobile", "boat": "sailboat", "ship": "ship", "plane":
    "airplane", "airplane": "airplane", "aeroplane": "airplane", "bike": "bicycle", "balloon":
    "balloon", "ball": "soccer-ball", "moon": "crescent-moon", "sun": "sun", "star": "star",
    "bush": "bush", "apple": "red-apple", "house": "house", "cottage": "house-with-garden",
    "castle": "castle", "church": "church", "bear": "bear", "rabbit": "rabbit", "fox": "fox",
    "cow": "cow", "pig": "pig", "lion": "lion", "horse": "horse", "monkey": "monkey", "tiger":
    "tiger", "chicken": "rooster", "hen": "rooster", "motorbike": "motorcycle", "lorry":
    "delivery-truck", "truck": "delivery-truck", "train": "locomotive", "tent": "tent", "rock":
    "rock", "stone": "rock", "snowman": "snowman", "king": "prince", "queen": "princess",
    "wizard": "mage", "witch": "woman-mage", "knight": "guard", "mermaid": "mermaid", "kite":
    "kite", "crow": "black-bird", "raven": "black-bird", "butterfly": "butterfly", "tulip":
    "tulip", "rose": "rose", "cup": "teacup-without-handle", "book": "closed-book", "bag":
    "handbag", "hat": "top-hat", "umbrella": "umbrella", "cactus": "cactus", "cloud": "cloud",
    "grape": "grapes", "cherry": "cherries", "bench": "bench", "phone": "mobile-phone", "dragon":
    "dragon", "duck": "duck", "goose": "goose", "sheep": "ewe", "bee": "honeybee", "whale":
    "whale", "dolphin": "dolphin", "rocket": "rocket", "statue": "moai", "tower": "tower",
    "bucket": "bucket", "clock": "mantelpiece-clock", "sword": "dagger", "piano":
    "musical-keyboard", "worker": "construction-worker", "building": "office-building", "fruit":
    "mango", "vegetable": "carrot", "bread": "bread", "drink": "tropical-drink", "lizard":
    "lizard", "snake": "snake", "spider": "spider", "frog": "frog", "toad": "frog", "palm":
    "palm-tree", "palm tree": "palm-tree", "berry": "blueberries", "nut": "chestnut", "shoe":
    "mans-shoe", "coat": "coat", "child": "child", "kid": "child", "baby": "baby", "girl": "girl",
    "boy": "boy", "dancer": "woman-dancing", "singer": "singer", "vehicle": "automobile",
    "insect": "lady-beetle", "bug": "bug", "beetle": "beetle", "helicopter": "helicopter", "ufo":
    "flying-saucer", "yacht": "sailboat", "canoe": "canoe", "candle": "candle", "chair": "chair",
    "sofa": "couch-and-lamp", "bed": "bed", "door": "door", "window": "window", "pear": "pear",
    "vase": "amphora", "shop": "convenience-store", "store": "convenience-store", "doctor":
    "health-worker", "nurse": "health-worker", "kitten": "cat", "lamb": "ewe", "pony": "horse",
    "calf": "cow", "soldier": "guard", "policeman": "police-officer", "fireman": "firefighter",
    "sailor": "captain", "chick": "front-facing-baby-chick", "mountain": "snow-capped-mountain",
    "pot": "potted-plant", "wheat": "sheaf-of-rice", "shrub": "bush", "lamp": "table-lamp",
    "glass": "glass-of-milk", "bottle": "bottle-with-popping-cork", "lantern": "hurricane-lamp",
}  # fmt: skip

# Clip art that can stand beside the two emoji sets.
CLIP_ART = frozenset((
    "antilope", "armadillo", "baseball-cap", "bass-guitar", "beagle", "bison", "bowl", "box",
    "cello", "computer", "corn-cob", "electric-guitar", "football-helmet", "french-horn",
    "grasshopper", "harp", "hurricane-lamp", "jukebox", "lemonade", "locker", "mars", "monitor",
    "muffin", "orange", "padlock", "pepper", "pumpkin-pie", "sausage", "soup", "squirrel",
    "surfboard", "tramway", "trowel", "vacuum-cleaner",
))  # fmt: skip

# Boats that are drawn with a piece of sea; the scenery has its own.
WITH_WATER = frozenset(("sailboat", "ferry", "canoe", "motor-boat"))

# Things that fill their square, unlike the scenes that do.
SQUARE = frozenset((
    "calendar", "closed book", "desktop computer", "door", "floppy disk", "framed picture",
    "game die", "ice", "mobile phone", "notebook", "package", "radio", "television", "window",
))  # fmt: skip
